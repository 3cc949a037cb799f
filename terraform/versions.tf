terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
  }

  # Where the state lies is yours to choose: copy backend.tf.example to backend.tf.
}

provider "google" {
  project = var.project
  region  = var.region
}
