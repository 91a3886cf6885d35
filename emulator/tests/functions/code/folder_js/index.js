import { greeting } from "./greeting.js";

export default ({ res }) => res.text(greeting);
