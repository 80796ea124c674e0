"""One folder per question, named as its address; what pages share begins with an underscore."""
