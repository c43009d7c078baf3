#include "common/runtime/metric_help.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace onput::runtime {
namespace {

using Help = std::pair<std::string_view, std::string_view>;

constexpr std::array texts{
    Help{"onput_build_info", "1, labelled with service and version."},
    Help{"onput_bus_hwm_drops_total",
         "Readers of the bus found behind by more than it holds; they fetch what they missed."},
    Help{"onput_bus_published_total", "Records published on the bus."},
    Help{"onput_bus_readers_cut_total",
         "Connections of bus readers closed because they had too many subscriptions."},
    Help{"onput_bus_subscriptions", "Subscriptions held for readers of the bus."},
    Help{"onput_deliveries_open", "Deliveries tried at this moment."},
    Help{"onput_delivery_attempts_total", "Deliveries tried, by destination and outcome."},
    Help{"onput_delivery_lag_seconds", "From journaled to acknowledged, the newest delivery."},
    Help{"onput_delivery_oldest_seconds", "Age of the oldest record owed to a destination."},
    Help{"onput_delivery_owed", "Records owed to a destination."},
    Help{"onput_delivery_undelivered", "Records given up without a dead-letter queue."},
    Help{"onput_disk_has_room", "0 while the disk is nearly full and nothing is taken in."},
    Help{"onput_events_emitted_total", "Events committed with their objects, by type."},
    Help{"onput_http_body_memory_bytes", "Memory reserved for bodies of requests in flight."},
    Help{"onput_http_body_memory_bytes_max", "The most that may be reserved for bodies."},
    Help{"onput_http_body_memory_refused_total",
         "Requests refused with SlowDown because bodies held all of it."},
    Help{"onput_http_errors_total", "Answers of 500 and above, but for 501."},
    Help{"onput_http_head_memory_bytes", "Memory reserved for heads that are not whole yet."},
    Help{"onput_http_head_memory_bytes_max", "The most that such heads may reserve."},
    Help{"onput_http_head_memory_refused_total",
         "Requests refused with SlowDown because other heads held all of it."},
    Help{"onput_http_read_ahead_memory_bytes", "Memory reserved for downloads read ahead."},
    Help{"onput_http_read_ahead_memory_bytes_max", "The most that downloads may reserve."},
    Help{"onput_http_read_ahead_memory_refused_total",
         "Downloads refused with SlowDown because others held all of it."},
    Help{"onput_http_requests_total", "Requests on the port of the protocols."},
    Help{"onput_journal_appended_total", "Records journaled, by type."},
    Help{"onput_journal_bytes", "Bytes of the records kept."},
    Help{"onput_journal_fsync_seconds", "What one sync of the journal takes."},
    Help{"onput_journal_head_sequence", "Sequence of the newest record."},
    Help{"onput_journal_records", "Records kept."},
    Help{"onput_journal_repeated_total", "Events that came again and were recognised."},
    Help{"onput_lane_acks_total", "Jobs acknowledged by workers."},
    Help{"onput_lane_grants_lost_total", "Grants that did not reach their worker."},
    Help{"onput_lane_leases", "Jobs in workers' hands."},
    Help{"onput_lane_nacks_total", "Jobs given back by workers, failed or not begun."},
    Help{"onput_lane_stale_total", "Acknowledgements of leases that had ended."},
    Help{"onput_lane_workers", "Workers connected."},
    Help{"onput_lane_workers_lost_total", "Workers that fell silent."},
    Help{"onput_queue_all_messages", "Messages of all queues and functions."},
    Help{"onput_queue_dead_lettered_total", "Messages moved to a dead-letter queue."},
    Help{"onput_queue_expired_total", "Messages removed at the end of their retention."},
    Help{"onput_queue_fsync_seconds", "What one sync of the queues takes."},
    Help{"onput_queue_job_log_steps", "Steps of jobs kept for traces."},
    Help{"onput_queue_leased_total", "Messages handed out."},
    Help{"onput_queue_messages", "Messages of a queue, by state."},
    Help{"onput_queue_moved_total", "Messages moved back by message move tasks."},
    Help{"onput_queue_notifications_total", "Ends of jobs published to topics."},
    Help{"onput_queue_oldest_seconds", "Age of the oldest message of a queue."},
    Help{"onput_queue_outbox_waiting", "Ends of jobs that the notifier has yet to take."},
    Help{"onput_queue_relay_failures", "Failures to reach the notifier since the last success."},
    Help{"onput_queue_removed_total", "Messages deleted or acknowledged."},
    Help{"onput_queue_replies_held", "Answers that wait for a sync."},
    Help{"onput_queue_returned_total", "Messages visible again after a lease."},
    Help{"onput_queue_sent_total", "Messages taken in."},
    Help{"onput_queue_waiting_receives", "Long polls that wait for a message."},
    Help{"onput_replies_held", "Answers that wait for a sync."},
    Help{"onput_row_gaps", "Ranges of rows that cannot be read: onput fsck names them."},
    Help{"onput_s3_request_seconds", "From the request's head to the end of its answer."},
    Help{"onput_s3_requests_total", "Requests by operation and status."},
    Help{"onput_sns_request_seconds", "From the request's head to the end of its answer."},
    Help{"onput_sns_requests_total", "Requests by operation and status."},
    Help{"onput_sqs_request_seconds", "From the request's head to the end of its answer."},
    Help{"onput_sqs_requests_total", "Requests by operation and status."},
    Help{"onput_storage_bucket_bytes", "Bytes of all versions in a bucket; small ones summed up."},
    Help{"onput_storage_bucket_objects", "Objects in a bucket; small buckets summed up."},
    Help{"onput_storage_bucket_uploads", "Uploads in parts under way in a bucket."},
    Help{"onput_storage_bucket_versions", "Older versions and delete markers in a bucket."},
    Help{"onput_storage_buckets", "Buckets."},
    Help{"onput_storage_damaged_objects",
         "Objects whose bytes scrubbing found damaged, in this pass or the last."},
    Help{"onput_storage_damaged_reads_total", "Reads that met bytes without their checksum."},
    Help{"onput_storage_fsync_seconds", "What one sync of the rows takes."},
    Help{"onput_storage_outbox_events", "Events that the notifier has yet to take."},
    Help{"onput_storage_read_sessions", "Large objects being read."},
    Help{"onput_storage_recovery_blobs", "What the start did with blobs that are not just there."},
    Help{"onput_storage_relay_failures", "Failures to reach the notifier since the last success."},
    Help{"onput_storage_replies_held", "Answers that wait for a sync."},
    Help{"onput_storage_scrub_findings_total", "Damaged objects found by scrubbing."},
    Help{"onput_storage_scrub_finished_seconds",
         "When scrubbing last had seen all objects, seconds since 1970; 0: never."},
    Help{"onput_storage_scrubbed_bytes_total", "Bytes that scrubbing has read."},
    Help{"onput_storage_scrubbed_objects_total", "Objects that scrubbing has verified."},
    Help{"onput_storage_trash_blobs", "Files of removed objects yet to be deleted."},
    Help{"onput_storage_write_sessions", "Large objects being written."},
    Help{"onput_subscriptions", "Subscriptions to topics, confirmed or pending."},
    Help{"onput_worker_busy", "Jobs that run."},
    Help{"onput_worker_jobs_total", "Jobs ended, by outcome."},
    Help{"onput_worker_places", "Jobs that may run at a time."},
    Help{"onput_worker_waiting", "Jobs in hand that wait for a place."},
    Help{"process_resident_memory_bytes", "Resident memory."},
    Help{"process_start_time_seconds", "Start of the process, seconds since 1970."},
};
static_assert(std::ranges::is_sorted(texts, {}, &Help::first));

}  // namespace

std::string_view metric_help(std::string_view family) {
    const auto found = std::ranges::lower_bound(texts, family, {}, &Help::first);
    return found != texts.end() && found->first == family ? found->second : std::string_view();
}

}  // namespace onput::runtime
