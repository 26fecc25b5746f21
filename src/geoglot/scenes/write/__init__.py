"""Writing to disk: whole files under a temporary name, then renamed; rasters and vectors in the scene's own grid."""

from geoglot.scenes.write.atomic import writing, writing_all
from geoglot.scenes.write.classes import ClassRaster, write_classes
from geoglot.scenes.write.vectors import Column, Layer, write_layers

__all__ = ["ClassRaster", "Column", "Layer", "write_classes", "write_layers", "writing", "writing_all"]
