/** Where somebody comes who is not let in yet: the token makes the address that lets them in. */
const [form, field, status] = [
  document.querySelector('form')!,
  document.querySelector('input')!,
  document.querySelector('[role=status]')!,
];
field.focus();
// An address of yesterday: each start has a token of its own.
if (new URL(location.href).searchParams.has('token'))
  status.textContent = 'That token is not the right one, or no longer.';

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void enter(field.value.trim());
});

async function enter(given: string): Promise<void> {
  const address = URL.canParse(given) ? new URL(given) : undefined;
  const token = address?.searchParams.get('token') ?? given;
  status.textContent = '';
  const answer = await fetch('/api/board', { headers: { authorization: `Bearer ${token}` } }).catch(
    () => undefined,
  );
  if (answer?.ok) {
    const to = new URL(location.href);
    if (to.pathname === '/enter.html') to.pathname = '/';
    to.searchParams.set('token', token);
    to.hash = await keyOf(token);
    location.replace(to);
  } else
    status.textContent =
      answer?.status === 401 ? 'That token is not the right one.' : 'The server does not answer.';
}

/** What pages show besides their cookie; as the server makes it of its token. */
async function keyOf(token: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', bytes.encode(token), algorithm, false, ['sign']);
  const signed = new Uint8Array(await crypto.subtle.sign('HMAC', secret, bytes.encode('key')));
  return btoa(String.fromCharCode(...signed))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
