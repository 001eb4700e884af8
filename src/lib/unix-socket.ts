/** Sockets in the file system. */

import { rm } from 'node:fs/promises';
import { connect } from 'node:net';

/** Takes away a socket that a process left behind which is gone. One that somebody serves stays. */
export async function clearSocket(path: string): Promise<void> {
  if (!(await isServed(path))) await rm(path, { force: true });
}

/** Whether somebody answers there. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
