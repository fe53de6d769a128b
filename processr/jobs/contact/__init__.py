"""What an address, a number or a postcode of a person tells by itself, without asking anybody."""
