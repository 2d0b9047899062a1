"""Write an extraction as an HL7 FHIR R4 Bundle, checked with fhir.resources' R4B models.

R4 (4.0.1) and R4B (4.3.0) do not differ in the resources used here. The bundle is a ``document``:

- a Composition with a section for each category that has items: its narrative, a table, and its resources;
  with LOINC's code where ``x-fhir`` names one, those of the International Patient Summary where they fit,
- a Patient with the gender and the date of birth that the report states, and no name,
- a Device (the program, its version and the model), a Practitioner for each reviewer's name,
- a DocumentReference that names the report by its hashes, with its words only on demand,
- one resource per item, or several (relatives, values), as the category's ``x-fhir`` in the schema says
  (:class:`elmtex.schema.Fhir`); without one it is an Observation,
- a Provenance of the model, and one of each reviewer and time.

Nothing is claimed beyond the text. The report's certainty goes into the resource's own element for
it:

=====================  ====================================  ===================  ================================
resource               present                               absent               possible
=====================  ====================================  ===================  ================================
Condition              verificationStatus ``confirmed``      ``refuted``          ``provisional``
                       (``unconfirmed`` before review)
AllergyIntolerance     verificationStatus as above           ``refuted``          ``unconfirmed``
MedicationStatement    by the status; else ``active`` in a   ``not-taken``        ``unknown``
                       list of medication, or ``unknown``
Procedure              ``completed``, or by the status       ``not-done``         ``unknown``
ServiceRequest         ``active`` (``draft`` before review)  ``doNotPerform``     as present
Observation            the value, or the words               ``valueBoolean``     ``dataAbsentReason`` ``unknown``
                                                             ``false``
FamilyMemberHistory    a condition                           as an Observation    as an Observation
=====================  ====================================  ===================  ================================

- What is absent and nobody has reviewed is never ``refuted``: it is a ``preliminary`` Observation that says what
  the model read, a denial. What is absent because it resolved was there: a Condition that is ``resolved``.
- A status that the words say (:mod:`elmtex.values.statuses`) is that of the resource: a paused drug is
  ``on-hold``, a planned procedure a ServiceRequest, a resolved condition ``resolved``.
- A Condition's ``clinicalStatus`` is given for what is present, as far as the words say it
  (:mod:`elmtex.exporters.fhir.clinical_status`); none where it is refuted or provisional. R4 asks
  for no more: con-3 speaks of problem lists only, con-4 of abatement, which is not written. An
  AllergyIntolerance always has one (ait-1).
- An item whose words state an allergy, or that none is known, is an AllergyIntolerance
  (:mod:`elmtex.exporters.fhir.allergies`), and one whose words are an operation a Procedure, in
  categories whose ``x-fhir`` allows it (``also``). "No known medical problems", medications and operations are
  statements of their own, with the International Patient Summary's codes.
- An item that is present but begins with a denial of something else is an Observation with its words. So is a
  normal finding ("lungs clear", :mod:`elmtex.exporters.normal`), with the interpretation ``N``.
- Attributes become the element that ``x-fhir`` of their type names: a drug's dosage, a value, a reaction, a body site,
  a severity, an onset. One that becomes none is a note. Where several doses or times leave open which belong
  together, the dosage has its words alone; no number is ever scaled.
- A laboratory value is a ``valueQuantity`` with comparator, unit in UCUM, reference range and interpretation,
  where its words (:mod:`elmtex.exporters.fhir.measurements`) or its value say so for certain and do not contradict
  each other; any other stays a ``valueString``. The whole words are in ``note``.
- A FamilyMemberHistory's relationship is the relative that the words name
  (:mod:`elmtex.exporters.fhir.relatives`), "family member" where they name none; several relatives
  get a resource each. The same words found a second time as the patient's Condition are left out
  where a relative is meant, unless a human accepted them there. A test's name that is also a procedure is left out
  where a laboratory value holds it: the Observation says it. So are an allergy's words in another category. The
  same words as a Condition of two categories are one, with both, unless the two contradict each other.

A human's review changes what is claimed about the reading, never what the report says: an
Observation that nobody has reviewed is ``preliminary``, one that a reviewer accepted, edited or
added is ``final``; a Condition that only the model calls present is ``unconfirmed``. ``not-taken`` and
``not-done`` hold before and after review. So every
resource that no human has reviewed carries HL7's label ``AIAST``, "Artificial Intelligence
asserted", in ``meta.security``, and those that deny something a ``note`` that says so as well. The
bundle's tag ``urn:elmtex:review`` is ``none``, ``begun`` or ``finished``; finished, the Composition is ``final`` and
attested.

Every resource of an item carries the extension ``urn:elmtex:evidence``: category, assertion, the half-open
code-point offsets of the words in the report and of their further mentions, the confidence, and whether a human
reviewed it. Suggested codes are there too; into ``code`` come only those that a human chose.
"""
