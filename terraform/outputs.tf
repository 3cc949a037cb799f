output "environment" {
  description = "For a shell that runs Tamis on what was made: terraform output -raw environment > prod.env"
  value       = <<-EOT
    export TF_VAR_project=${var.project}
    export TF_VAR_location=${var.location}
    export TF_VAR_dataset=${var.dataset}
    export TF_VAR_bucket=${google_storage_bucket.lake.name}
  EOT
}

output "datasets" {
  description = "The datasets, by layer."
  value       = { for layer, dataset in google_bigquery_dataset.layer : layer => dataset.dataset_id }
}

output "lake" {
  description = "Address of the lake."
  value       = google_storage_bucket.lake.url
}

output "runner" {
  description = "The account to run Tamis as."
  value       = google_service_account.runner.email
}
