// Sends the next batch of a mailing. Without this script, the person has to press the button for each batch.
document.querySelector("form[data-continue]")?.requestSubmit();
