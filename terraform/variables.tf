# The first four are read by project/profiles.yml and project/models/staging/ingest.yml too, as TF_VAR_<name>: set the
# variables of the environment once, and both know them. A test holds names and defaults against each other.

variable "project" {
  description = "Google Cloud project that everything lives in and is billed to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lowercase letters, digits and hyphens, and begins with a letter."
  }
}

variable "location" {
  description = "Location of the datasets and the bucket. One for all: BigQuery loads from a bucket of its own location only."
  type        = string
  default     = "US"
}

variable "dataset" {
  description = "First part of the datasets' names: <dataset>_raw, <dataset>_staging, <dataset>_core, <dataset>_quarantine."
  type        = string
  default     = "crimes"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,99}$", var.dataset))
    error_message = "Lowercase letters, digits and underscores, and a letter first."
  }
}

variable "bucket" {
  description = "Name of the lake's bucket, which nobody else in the world may have."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "3 to 63 lowercase letters, digits, dots, hyphens and underscores."
  }
}

variable "region" {
  description = "Region that the scheduled job runs in; within `location`, or near it."
  type        = string
  default     = "us-west2"
}

variable "image" {
  description = "Container image of the scheduled job, by digest. Empty: no job and no schedule are made."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest (…@sha256:…), so that what runs is what was tested."
  }
}

variable "schedule" {
  description = "When the job runs, as cron says it. The city publishes once a week."
  type        = string
  default     = "0 6 * * 1"
}

variable "time_zone" {
  description = "Time zone of `schedule`."
  type        = string
  default     = "America/Los_Angeles"
}

variable "crimes_input" {
  description = "What the scheduled job reads for crimes."
  type        = string
  default     = "https://data.lacity.org/api/views/2nrs-mtv8/rows.csv"
}

variable "unemployment_input" {
  description = "What the scheduled job reads for unemployment: a file of the project in the image, or an address."
  type        = string
  default     = "data/laus_sample.csv"
}

variable "quarantine_days" {
  description = "Days that rejected rows are kept."
  type        = number
  default     = 90
}
