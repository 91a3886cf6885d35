export default async ({ req, res, log, error }) => {
  log("seen", { by: ["log"] }, 5);
  error("failed");
  console.log("printed");
  const { method, path, query, queryString, url, host, port, scheme, headers, bodyText } = req;
  const variables = { id: process.env.APPWRITE_FUNCTION_ID, colour: process.env.COLOUR ?? "" };
  const json = headers["content-type"]?.startsWith("application/json") ? req.bodyJson : null;
  const same = JSON.stringify(req.body) === JSON.stringify(json ?? bodyText);
  return res.json({ method, path, query, queryString, url, host, port, scheme, bodyText, json, same, variables,
    trigger: headers["x-appwrite-trigger"], event: headers["x-appwrite-event"] ?? "", body: bodyText });
};
