"""From the bytes of a file to a corpus with its splits, and what is counted in it. How text becomes ids is `lmcore.tokenizers`."""
