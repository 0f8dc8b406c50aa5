"""Sequential tests of two arms: right however often one looks, whatever share each arm has."""
