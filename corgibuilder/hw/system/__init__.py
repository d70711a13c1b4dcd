"""What stands around the pipeline on a chip: camera, feature link, registers."""
