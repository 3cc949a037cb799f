locals {
  services = toset(concat(
    ["bigquery.googleapis.com", "storage.googleapis.com", "iam.googleapis.com"],
    local.is_scheduled ? ["run.googleapis.com", "cloudscheduler.googleapis.com"] : [],
  ))
}

resource "google_project_service" "needed" {
  for_each = local.services

  project = var.project
  service = each.value

  # Others may need them too.
  disable_on_destroy = false
}
