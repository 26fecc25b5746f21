"""The networks of geoglot, in torch. Nothing outside nets/, train/ and export imports torch."""
