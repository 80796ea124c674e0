import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-len": ["error", { code: 110 }],
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "prefer-template": "error",
      "no-restricted-properties": [
        "error",
        ...["toFixed", "toPrecision", "toLocaleString"].map((property) => ({
          property,
          message: "numbers.js writes the numbers.",
        })),
      ],
    },
  },
  { files: ["**/numbers.js"], rules: { "no-restricted-properties": "off" } },
];
