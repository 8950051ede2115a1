"""What can be noticed in a record, one notion a file, its words as TOML beside it, shared numbers in `limits.toml`.

- the gate: `facial_twitching` (start here), `twitching_*`, `laterality`, `clinical_text`, `condition_status`
- imaging: `imaging_history`, `imaging_plans`, `red_flags`, `mri_safety`, `kidney_function`, `nerve_decompression`,
  `neurovascular_conflict`, `pregnancy`
- botulinum toxin: `botulinum_history` (start here), `botulinum_entries`, `botulinum_products`, `botulinum_purpose`,
  `botulinum_plans`, `botulinum_cautions`, `spasm_burden`
- caffeine: `caffeine_intake` (start here), `caffeine_products`, `caffeine_dose`, `caffeine_observation`, `dosage_*`
- medicines and results: `medication_exposure`, `medication_triggers`, `fasciculation_drugs`, `lab_results`,
  `electrolytes`
- how treatment did, and surgery: `treatment_response`, `botulinum_response`, `oral_drug_failure`, `surgery_choice`,
  `decompression_plans`
- oral medicines for the spasm: `oral_drugs` (start here), `baclofen_dose`, `hla_b1502`, `ancestry`, `skin_reactions`,
  `sodium`, `lab_orders`
- the differential diagnosis: `coexisting_conditions`, `neurology_plans`
- the metabolic workup: `metabolic_cues` (why), `metabolic_tests` (what is on file or ordered)
- what cannot wait: `emergency`
- reading the TOML and the calendar: `vocabulary`, `labels`, `months`
"""
