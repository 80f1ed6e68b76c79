// Loaded into Azurite's process with `node --require`.
//
// The process that starts Azurite holds the other end of standard input and never
// writes to it. When that end closes, because Stop closed it or because the parent
// died in any way at all, Azurite is asked to shut down the way it asks to be asked:
// its blob/main.js waits for the process event "message" with the value "shutdown".
"use strict";

// Milliseconds that Azurite has for answering what it is being asked and writing its
// tables to disk.
const patience = 10_000;

// Azurite listens a little before it waits for the event.
function shutDown() {
  if (process.listenerCount("message") > 0) {
    process.emit("message", "shutdown");
  } else {
    setTimeout(shutDown, 10);
  }
}

process.stdin.on("end", () => {
  shutDown();
  setTimeout(() => process.exit(1), patience).unref();
});
process.stdin.resume();
