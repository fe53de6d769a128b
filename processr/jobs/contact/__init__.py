"""Facts that an e-mail address, a telephone number, a postcode or an IP address gives by itself, without a call to a provider."""
