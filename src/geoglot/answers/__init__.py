"""What an answer can become: a JSON document, GeoJSON, a picture, a file."""

from geoglot.answers.document import as_json
from geoglot.answers.features import to_geojson
from geoglot.answers.picture import picture
from geoglot.answers.save import check_outputs, save, save_all

__all__ = ["as_json", "check_outputs", "picture", "save", "save_all", "to_geojson"]
