"""HL7 FHIR R4 bundles of an extraction."""
