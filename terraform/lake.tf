# The lake: Parquet files, written once and never changed.
resource "google_storage_bucket" "lake" {
  project  = var.project
  name     = var.bucket
  location = var.location

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # Uploads that were begun and never ended cost money and are seen nowhere.
  lifecycle_rule {
    condition {
      age = 1
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  # Tamis keeps the two loads before the current one itself; what it removed can be had back for a week.
  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  depends_on = [google_project_service.needed]
}
