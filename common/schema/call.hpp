// Calls: work that a client waits for, from the gateway straight to a worker. A job is durable and
// goes through a queue; a call is neither, and ends with the client that waits for it.
//
//     gateway --FindWorkers-----------> queue    who is there, from the workers' own hellos
//     gateway --StartCall-------------> worker   answered with the first piece, or the error
//     gateway --ReadCall--------------> worker   the next piece, when there is one; one at a time
//     gateway --CloseCall-------------> worker   the client has left
//
// Pieces travel as attachments. A worker makes no more than it can pass on: what nobody reads waits
// in a pipe of 64 KiB. A call that nobody reads for call_idle_timeout is ended: twice as long as
// the slowest client that the gateway bears with (1 KiB/s) takes for a piece.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t call_id_bytes = 32;  // Hexadecimal digits.
inline constexpr std::size_t call_piece_bytes_max = 64 * 1024;
inline constexpr std::chrono::seconds call_idle_timeout{128};

// A worker that takes calls.
struct CallPlace {
    std::string worker_id = {};
    std::string endpoint = {};
    std::uint32_t places = 0;  // Calls at a time.

    ONPUT_FIELDS(worker_id, endpoint, places)
    friend bool operator==(const CallPlace&, const CallPlace&) = default;
};

struct WorkersFound {
    static constexpr MessageInfo info{.kind = Kind::workers_found};

    std::vector<CallPlace> workers;

    ONPUT_FIELDS(workers)
    friend bool operator==(const WorkersFound&, const WorkersFound&) = default;
};

// The workers of a kind that take calls, heard of lately and not leaving; of any account.
struct FindWorkers {
    static constexpr MessageInfo info{.kind = Kind::find_workers};
    static constexpr std::string_view method = "queue.find_workers";
    using Reply = WorkersFound;

    std::string worker;  // "tts"

    ONPUT_FIELDS(worker)
    friend bool operator==(const FindWorkers&, const FindWorkers&) = default;
};

// Its attachment is the next piece of what the call makes, at most call_piece_bytes_max. The last
// one may have a piece as well.
struct CallPiece {
    static constexpr MessageInfo info{.kind = Kind::call_piece};

    bool is_last = false;
    std::string result;  // With the last: a message of the worker's kind (speech.hpp).

    ONPUT_FIELDS(is_last, result)
    friend bool operator==(const CallPiece&, const CallPiece&) = default;
};

// Errors: resource_exhausted, reason `busy`: it has too many already, another may take it;
// unavailable, reason `leaving`; what the work itself ends in.
struct StartCall {
    static constexpr MessageInfo info{.kind = Kind::start_call};
    static constexpr std::string_view method = "worker.start_call";
    using Reply = CallPiece;

    std::string call_id;  // Of the caller: random.
    std::string task;     // A message of the worker's kind (speech.hpp).

    ONPUT_FIELDS(call_id, task)
    friend bool operator==(const StartCall&, const StartCall&) = default;
};

struct ReadCall {
    static constexpr MessageInfo info{.kind = Kind::read_call};
    static constexpr std::string_view method = "worker.read_call";
    using Reply = CallPiece;

    std::string call_id;

    ONPUT_FIELDS(call_id)
    friend bool operator==(const ReadCall&, const ReadCall&) = default;
};

// Also for a call that is not there.
struct CloseCall {
    static constexpr MessageInfo info{.kind = Kind::close_call};
    static constexpr std::string_view method = "worker.close_call";
    using Reply = Empty;

    std::string call_id;

    ONPUT_FIELDS(call_id)
    friend bool operator==(const CloseCall&, const CloseCall&) = default;
};

}  // namespace onput::schema
