export function total(items) {
  return items.map((item) => item.price).reduce((a, b) => a + b);
}
