"""How the product's own encoder and its sense of direction are made from the general model; not part of the product."""
