locals {
  datasets = {
    raw        = "Raw tables, replaced as a whole by `tamis ingest`."
    staging    = "Names and types: views on the raw tables, and code lists."
    core       = "What people read: facts and marts."
    quarantine = "Rows that could not be loaded, with the reasons."
  }
}

resource "google_bigquery_dataset" "layer" {
  for_each = local.datasets

  project     = var.project
  dataset_id  = "${var.dataset}_${each.key}"
  description = each.value
  location    = var.location

  default_table_expiration_ms = each.key == "quarantine" ? var.quarantine_days * 86400000 : null

  # A dataset with tables in it is not destroyed by mistake.
  delete_contents_on_destroy = false

  depends_on = [google_project_service.needed]
}
