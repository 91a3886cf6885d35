// Sends the next batch of a mailing. Without this script, the person presses the button.
document.querySelector("form[data-continue]")?.requestSubmit();
