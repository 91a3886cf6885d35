module.exports = ({ req, res }) => {
  const answers = {
    "/text": () => res.text("grüezi", 201, { "X-Made-By": "js" }),
    "/send": () => res.send("sent"),
    "/empty": () => res.empty(),
    "/redirect": () => res.redirect("https://example.com/", 302),
    "/binary": () => res.binary(Buffer.from([0, 255, 10]), 200, { "content-type": "application/octet-stream" }),
    "/nothing": () => undefined,
    "/throws": () => { throw new Error("out of order"); },
    "/exits": () => process.exit(3),
    "/sleeps": () => new Promise((resolve) => setTimeout(() => resolve(res.empty()), 60_000)),
    "/timer": () => { setInterval(() => {}, 1000); return res.text("done"); },
  };
  return answers[req.path]();
};
