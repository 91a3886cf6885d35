// Copies the post's address, and opens the phone's share sheet. Shows each button only if the browser supports it.
"use strict";
const copy = document.querySelector("[data-copy]");
const share = document.querySelector("[data-share]");

if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(copy.dataset.copy);
            copy.textContent = copy.dataset.done;
        } catch {
            copy.textContent = copy.dataset.failed;
        }
        copy.parentElement.querySelector("[data-said]").textContent = copy.textContent;
    });
}

// Computers have a share sheet as well, but few people use it.
if (share && navigator.share && matchMedia("(pointer: coarse)").matches) {
    share.hidden = false;
    share.addEventListener("click", () => {
        // The promise is rejected if the reader closes the share sheet.
        navigator.share({title: share.dataset.title, url: share.dataset.share}).catch(() => {});
    });
}
