# The weekly run: a job that a clock starts. Made only when an image is named.
locals {
  is_scheduled = var.image != ""
}

resource "google_cloud_run_v2_job" "weekly" {
  count = local.is_scheduled ? 1 : 0

  project  = var.project
  name     = "tamis-la-crimes"
  location = var.region

  # It holds nothing: what it made lies in the datasets and the lake.
  deletion_protection = false

  template {
    template {
      service_account = google_service_account.runner.email
      # A load that failed half-way left the old tables as they were, so trying once more is safe.
      max_retries = 1
      timeout     = "3600s"

      containers {
        image   = var.image
        command = ["/bin/sh", "-euc"]
        args    = ["tamis ingest --target prod --vars \"$VARS\" && tamis build --target prod"]

        # The names that project/profiles.yml reads.
        env {
          name  = "TF_VAR_project"
          value = var.project
        }
        env {
          name  = "TF_VAR_location"
          value = var.location
        }
        env {
          name  = "TF_VAR_dataset"
          value = var.dataset
        }
        env {
          name  = "TF_VAR_bucket"
          value = google_storage_bucket.lake.name
        }
        env {
          name = "VARS"
          value = jsonencode({
            crimes_input       = var.crimes_input
            unemployment_input = var.unemployment_input
          })
        }

        resources {
          limits = {
            cpu    = "2"
            memory = "2Gi"
          }
        }
      }
    }
  }

  depends_on = [google_project_service.needed]
}

# The clock's account may start this job, and nothing else.
resource "google_service_account" "clock" {
  count = local.is_scheduled ? 1 : 0

  project      = var.project
  account_id   = "tamis-clock"
  display_name = "Tamis: starts the weekly run"

  depends_on = [google_project_service.needed]
}

resource "google_cloud_run_v2_job_iam_member" "clock_starts" {
  count = local.is_scheduled ? 1 : 0

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_job.weekly[0].name
  role     = "roles/run.invoker"
  member   = google_service_account.clock[0].member
}

resource "google_cloud_scheduler_job" "weekly" {
  count = local.is_scheduled ? 1 : 0

  project     = var.project
  region      = var.region
  name        = "tamis-la-crimes"
  description = "Starts the weekly run of the Los Angeles crimes."
  schedule    = var.schedule
  time_zone   = var.time_zone

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.weekly[0].id}:run"

    oauth_token {
      service_account_email = google_service_account.clock[0].email
    }
  }

  depends_on = [google_project_service.needed]
}
