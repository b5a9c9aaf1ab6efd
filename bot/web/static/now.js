/* Opened as a file, the page of lines has no first page to go to. */
"use strict";
if (location.protocol === "file:") addEventListener("DOMContentLoaded", () => document.querySelector("#first").remove());
