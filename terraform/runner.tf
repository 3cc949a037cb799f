# The account that Tamis runs as. It has no key; a machine or a person acts as it.
resource "google_service_account" "runner" {
  project      = var.project
  account_id   = "tamis-runner"
  display_name = "Tamis: ingest and build"

  depends_on = [google_project_service.needed]
}

# Reads and writes tables, in these datasets only. Datasets are made here, so it need not make any.
resource "google_bigquery_dataset_iam_member" "runner_edits" {
  for_each = google_bigquery_dataset.layer

  project    = var.project
  dataset_id = each.value.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.runner.member
}

# Reads and writes objects, in the lake only.
resource "google_storage_bucket_iam_member" "runner_uses" {
  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectUser"
  member = google_service_account.runner.member
}

# Runs queries and loads. The one role on the project, since jobs belong to no dataset.
resource "google_project_iam_member" "runner_runs_jobs" {
  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.runner.member
}
