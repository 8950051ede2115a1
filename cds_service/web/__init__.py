"""The only room that imports Flask: routes of a few lines, pages, error answers, CORS."""
