"""An extraction as JSON, CSV, ELMTEX's flat view, HL7 FHIR R4."""
