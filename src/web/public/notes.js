// Shows nothing and keeps nothing: it hands a click on a note to the page, which alone may answer.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('notificationclick', (event) => {
  const { action, notification } = event;
  notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then(async ([page]) => {
      if (!page) return void (await self.clients.openWindow(notification.data?.path ?? '/'));
      if (action === '') await page.focus().catch(() => {});
      page.postMessage({ kino: 'note', action, data: notification.data });
    }),
  );
});
