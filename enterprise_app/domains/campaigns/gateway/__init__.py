"""What campaigns ask of processes outside their own: looking into pictures that strangers have made."""
