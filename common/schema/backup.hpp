// Backups: what `onput backup` asks of every service with a store, step by step
// (common/service/backups.hpp). Reasons of refusals: `backup_busy`, another one runs; `no_backup`,
// this one does not, or not any more: it took too long, failed, or the service was started anew;
// `backup_failed`.
#pragma once

#include "common/base/time.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"

namespace onput::schema {

// Who waits for a step asks `look` meanwhile, at least this often: a service that hears nothing of
// its backup for backup_silence_max gives it up, whatever it is doing for it.
inline constexpr Duration backup_look_interval = std::chrono::seconds(5);
inline constexpr Duration backup_silence_max = std::chrono::seconds(30);

enum class BackupStep : std::uint8_t {
    prepare = 0,  // Begins a backup: checks the target.
    take = 1,     // The moment. Nothing is answered to anybody until `release`, or a few seconds.
    release = 2,  // Answers are given again, and the copy begins.
    look = 3,     // How far it is; also while another step runs.
    finish = 4,   // Makes the copy a backup.
    abandon = 5,  // Removes it; answered when it is gone.
};

enum class BackupState : std::uint8_t {
    none = 0,
    prepared = 1,
    taken = 2,
    copying = 3,
    copied = 4,
    finished = 5,
};

struct ServiceBackupReply {
    static constexpr MessageInfo info{.kind = Kind::service_backup_reply};

    BackupState state = BackupState::none;
    std::uint64_t files = 0;        // Copied so far.
    std::uint64_t bytes = 0;        // The same.
    std::uint64_t bytes_total = 0;  // To be copied.

    ONPUT_FIELDS(state, files, bytes, bytes_total)
    friend bool operator==(const ServiceBackupReply&, const ServiceBackupReply&) = default;
};

// Answered when the step is done; `release` at once.
struct ServiceBackup {
    static constexpr MessageInfo info{.kind = Kind::service_backup};
    static constexpr std::string_view method = "service.backup";
    using Reply = ServiceBackupReply;

    BackupStep step = BackupStep::look;
    std::string id;      // Of the backup, made by who asks.
    std::string target;  // prepare: a directory on the service's machine; it makes one of its name.

    ONPUT_FIELDS(step, id, target)
    friend bool operator==(const ServiceBackup&, const ServiceBackup&) = default;
};

}  // namespace onput::schema
