"""Views of the page Explore: next token, sentence, why this word, film, models side by side."""
