export const greeting = "from a folder";
