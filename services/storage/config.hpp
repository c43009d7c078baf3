// Configuration of the storage service (common/runtime/config.hpp says where values come from).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/schema/storage_uploads.hpp"
#include "services/storage/buckets/notification.hpp"

namespace onput::storage {

struct Config {
    std::string data;
    std::vector<std::string> endpoints;
    std::string notifier_endpoint;
    std::string region = "us-east-1";
    std::uint64_t inline_bytes_max = 8 * 1024;
    std::uint64_t cache_bytes = 64 * 1024 * 1024;
    std::uint64_t write_buffer_bytes = 64 * 1024 * 1024;
    std::uint64_t segment_bytes = 256 * 1024 * 1024;
    std::uint32_t write_idle_timeout_ms = 60'000;
    std::uint64_t part_bytes_min = schema::part_bytes_min;
    std::uint32_t blob_threads = 2;
    std::uint64_t free_bytes_min = 256 * 1024 * 1024;
    std::vector<std::string> master_keys_secret = {};
    bool encrypts_unasked = true;
    std::vector<std::string> kms_keys_secret = {};
    std::string cold_data;
    std::uint64_t archive_bytes_per_second = 64 * 1024 * 1024;
    std::uint64_t lifecycle_rows_per_second = 40'000;
    std::uint32_t lifecycle_interval_s = 86'400;
    std::uint32_t restore_expedited_ms = 1'000;
    std::uint32_t restore_standard_ms = 5'000;
    std::uint32_t restore_bulk_ms = 10'000;
    std::uint32_t restore_day_s = 86'400;
    std::uint64_t scrub_bytes_per_second = 8 * 1024 * 1024;
    std::uint64_t scrub_objects_per_second = 200;
    std::uint64_t replication_bytes_per_second = 64 * 1024 * 1024;
    std::uint64_t replication_versions_per_second = 1000;
    std::uint32_t replication_threshold_ms = 15 * 60 * 1000;
    std::vector<std::string> replication_endpoints = {};
    std::vector<std::string> replication_keys_secret = {};
    std::string replication_ca_file;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("data", self.data, "Directory of the rows and blobs.");
        option("endpoints", self.endpoints,
               "Where requests are answered, e.g. tcp://127.0.0.1:7001.");
        option("notifier_endpoint", self.notifier_endpoint, "Where the notifier answers requests.");
        option("region", self.region, "Region of buckets that are created without one.");
        option("inline_bytes_max", self.inline_bytes_max,
               "Objects up to this size are rows, larger ones blobs, bytes.");
        option("part_bytes_min", self.part_bytes_min,
               "Least size of the parts of a multipart upload but the last, bytes; AWS's is "
               "5242880.");
        option("cache_bytes", self.cache_bytes, "Memory for rows that were read, bytes.");
        option("write_buffer_bytes", self.write_buffer_bytes,
               "Memory for rows not yet in files, bytes.");
        option("segment_bytes", self.segment_bytes,
               "Size of one file of the log of middle-sized blobs, bytes.");
        option("free_bytes_min", self.free_bytes_min,
               "Room that is left on the disk: with less, writes are refused, bytes.");
        option("write_idle_timeout_ms", self.write_idle_timeout_ms,
               "An upload ends when nothing of it comes for so long, milliseconds; longer than the "
               "10 s for which the gateway collects a piece.");
        option("master_keys_secret", self.master_keys_secret,
               "Keys that objects are encrypted with (SSE-S3), each \"name:32 bytes in base64\", "
               "the first for new objects; better from a file (ONPUT_MASTER_KEYS_SECRET_FILE). "
               "Without any, only what brings a client's key is encrypted.");
        option("encrypts_unasked", self.encrypts_unasked,
               "With such keys, encrypt also what neither its request nor its bucket wants "
               "encrypted, as S3 does.");
        option(
            "kms_keys_secret", self.kms_keys_secret,
            "Keys that clients name as KMS's (SSE-KMS), written likewise: \"alias/NAME\" and the "
            "ARN of a key or alias mean the NAME here, no name the first. Without any, SSE-KMS "
            "is refused.");
        option("cold_data", self.cold_data,
               "Directory of the bytes of archived objects; empty: cold, in the data directory.");
        option("archive_bytes_per_second", self.archive_bytes_per_second,
               "How fast each object is archived or restored, bytes per second.");
        option("lifecycle_rows_per_second", self.lifecycle_rows_per_second,
               "How fast lifecycle rules go through all versions; a change counts as 10.");
        option("lifecycle_interval_s", self.lifecycle_interval_s,
               "From the start of one pass of the lifecycle rules to the next, seconds; 0: never.");
        option("restore_expedited_ms", self.restore_expedited_ms,
               "How long a restore of tier Expedited waits before it begins, milliseconds.");
        option("restore_standard_ms", self.restore_standard_ms, "The same of tier Standard.");
        option("restore_bulk_ms", self.restore_bulk_ms, "The same of tier Bulk.");
        option("restore_day_s", self.restore_day_s,
               "How long a day is for which an object is restored, seconds; shorter for tests.");
        option("scrub_bytes_per_second", self.scrub_bytes_per_second,
               "How fast all bytes are read again in the background to find damage, bytes per "
               "second; 0: they are not.");
        option("scrub_objects_per_second", self.scrub_objects_per_second,
               "The same, objects per second; 0: they are not.");
        option("replication_bytes_per_second", self.replication_bytes_per_second,
               "How fast the bytes of each object are replicated, bytes per second.");
        option("replication_versions_per_second", self.replication_versions_per_second,
               "How many versions are replicated to each bucket, per second.");
        option("replication_threshold_ms", self.replication_threshold_ms,
               "After it a replica is late where its rule has ReplicationTime, milliseconds; AWS's "
               "is 900000.");
        option("replication_endpoints", self.replication_endpoints,
               "Where replicas go that are for no bucket of this instance, each "
               "\"BUCKETS=URL\" or \"BUCKETS=URL;REGION\": another instance, or any S3. BUCKETS is "
               "the name of a bucket, or the beginning of names and \"*\".");
        option("replication_keys_secret", self.replication_keys_secret,
               "The access key of each of them, \"BUCKETS=ACCESS_KEY:SECRET\"; better from a file "
               "(ONPUT_REPLICATION_KEYS_SECRET_FILE).");
        option("replication_ca_file", self.replication_ca_file,
               "Whom https endpoints of replicas are verified by, PEM; empty: the system's.");
        option("blob_threads", self.blob_threads, "Threads that read and write blobs.");
    }

    // Every fault at once, each a sentence; empty: fine.
    [[nodiscard]] std::vector<std::string> validate() const;
};

}  // namespace onput::storage
