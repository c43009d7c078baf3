// Every kind of message and record. Append-only: a number is never reused, whatever becomes of its
// message.
#pragma once

#include <cstdint>

namespace onput::schema {

enum class Kind : std::uint16_t {
    // Frames of requests (wire.hpp).
    request_header = 1,
    reply_header = 2,
    empty = 3,
    service_status = 4,
    service_status_reply = 5,

    // Object storage (storage.hpp, storage_records.hpp).
    create_bucket = 100,
    delete_bucket = 101,
    head_bucket = 102,
    bucket_info = 103,
    list_buckets = 104,
    bucket_list = 105,
    put_object = 106,
    object_put = 107,
    open_write = 108,
    write_opened = 109,
    append_write = 110,
    write_appended = 111,
    finish_write = 112,
    abort_write = 113,
    get_object = 114,
    object_got = 115,
    read_object = 116,
    close_read = 117,
    head_object = 118,
    object_info = 119,
    delete_object = 120,
    object_deleted = 121,
    list_objects = 122,
    object_list = 123,
    put_notification = 124,
    get_notification = 125,
    notification_configuration = 126,
    explain_event = 127,
    event_explained = 128,
    bucket_record = 150,
    object_record = 151,
    store_record = 152,
    trash_record = 153,

    // Events and the journal (events.hpp, notifier.hpp).
    object_event = 200,
    append_events = 201,
    events_appended = 202,
    bus_head = 203,
    journal_record = 204,
    fetch_journal = 205,
    journal_page = 206,
    find_journal = 207,
    journal_position = 208,
    check_destinations = 209,
    destinations_checked = 210,
    list_destinations = 211,
    destination_list = 212,
    trace_query = 213,
    trace_story = 214,
    journal_state_record = 250,
    destination_record = 251,
    source_record = 252,
    delivery_record = 253,
    undelivered_record = 254,

    // Queues and functions (queue.hpp, function.hpp).
    create_queue = 300,
    queue_info = 301,
    delete_queue = 302,
    list_queues = 303,
    queue_list = 304,
    describe_queue = 305,
    set_queue_attributes = 306,
    send_messages = 307,
    messages_sent = 308,
    receive_messages = 309,
    messages_received = 310,
    cancel_receive = 311,
    remove_messages = 312,
    change_visibility = 313,
    entries_done = 314,
    purge_queue = 315,
    deliver = 316,
    delivered = 317,
    authorize_delivery = 318,
    peek_messages = 319,
    messages_peeked = 320,
    put_function = 330,
    function_info = 331,
    get_function = 332,
    list_functions = 333,
    function_list = 334,
    delete_function = 335,
    queue_record = 350,
    message_record = 351,
    lease_record = 352,
    function_record = 353,
    job_record = 354,
    delivery_mark_record = 355,

    // Lanes between the queue and its workers (lane.hpp).
    lane_hello = 400,
    lane_credit = 401,
    lane_ack = 402,
    lane_nack = 403,
    lane_extend = 404,
    lane_bye = 405,
    lane_grants = 406,

    // Jobs of workers: parameters and results that cross to the job's own child
    // (services/<worker>/job.hpp).
    speech_job = 500,
    speech_result = 501,
};

}  // namespace onput::schema
