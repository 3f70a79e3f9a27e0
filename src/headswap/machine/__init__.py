"""The machine a run uses: Keras and its backend, cores, fingerprints of what runs."""
