import { type ReactNode, useState } from 'react';
import { prepareNotes } from '../announce.ts';
import { isSoundOn, play, setSound } from '../sound.ts';

/** How a person is told of what needs them while they look elsewhere. */
export function Telling(): ReactNode {
  const [permission, setPermission] = useState('Notification' in window ? Notification.permission : 'denied');
  const [sound, setSounds] = useState(isSoundOn);
  return (
    <div className="flex flex-wrap gap-2">
      {permission === 'default' && (
        <button
          type="button"
          className="button"
          onClick={() =>
            void Notification.requestPermission().then((now) => {
              setPermission(now);
              prepareNotes();
            })
          }
        >
          Tell me when something needs me
        </button>
      )}
      <button
        type="button"
        className="button"
        aria-pressed={sound}
        onClick={() => {
          setSound(!sound);
          setSounds(!sound);
          if (!sound) play('needs');
        }}
      >
        Sound {sound ? 'on' : 'off'}
      </button>
    </div>
  );
}
