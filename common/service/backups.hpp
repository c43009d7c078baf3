// Backups: one service's part of a backup of the whole (schema/backup.hpp has its steps).
//
//              prepare          take            release           (copied)      finish
//     none ────────────> prepared ──> taken ────────────> copying ──────> copied ────> finished
//                                 gate shut      gate open
//
// Why the parts of all services are as of one moment. From `take` on nothing leaves a service that
// depends on a commit made since: its gate is shut. It is opened by `release`, which `onput backup`
// sends when the last service has its rows taken. So nothing that any service did after its own
// moment was known to another one, or to a client, before that one's moment. Restored together they
// are what they would be had all of them been killed at these moments, each with everything that it
// had ever acknowledged: a state that every hand-over between them is made for. A hand-over that
// was under way is repeated and dropped by its number. A gate that was shut too long opens by
// itself, and then that moment is void: `release` says so, and no part becomes a backup.
//
// A backup is given up, and what it wrote removed, when nobody asks about it for
// schema::backup_silence_max, after backup_time_max, when the disk runs out of room, or when the
// service ends. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/reply_gate.hpp"
#include "common/schema/backup.hpp"
#include "common/service/platform.hpp"
#include "common/service/room.hpp"
#include "common/store/backup.hpp"

namespace onput::service {

// Below what others wait for an answer, by far.
inline constexpr Duration backup_shut_max = std::chrono::seconds(3);
inline constexpr Duration backup_time_max = std::chrono::hours(24);
inline constexpr Duration backup_check_interval = std::chrono::seconds(1);

class Backups {
public:
    using Answer = std::function<void(Result<schema::ServiceBackupReply>)>;
    struct Parts {
        Platform& platform;
        runtime::ReplyGate& gate;
        store::Store& rows;
        std::string directory;
        std::function<std::vector<store::BackupBlobs>()> blobs;
        std::function<const Room*()> room;  // The same.
    };
    explicit Backups(Parts parts) : parts_(std::move(parts)) {}
    // Waits for what runs, and removes a part that is not finished.
    ~Backups() = default;
    Backups(const Backups&) = delete;
    Backups& operator=(const Backups&) = delete;

    // Answered when the step is done.
    void on_request(const schema::ServiceBackup& request, Answer answer);

    // Once in backup_check_interval.
    void check();
    // The service ends soon.
    void give_up(const std::string& why);

private:
    struct Running {
        std::uint64_t number = 0;  // Of this process: who names the backup may name two the same.
        std::string id;
        schema::BackupState state = schema::BackupState::none;
        std::unique_ptr<store::Backup> copy;  // Null: finished, or failed and gone.
        std::optional<Error> failed;
        Duration began_at{};
        Duration heard_at{};
        bool is_shut = false;
        bool is_ending = false;        // `copy` is being abandoned.
        std::vector<Answer> abandons;  // Answered when that is done.
    };

    void prepare(const schema::ServiceBackup& request, Answer answer);
    void take(Answer answer);
    void release(const Answer& answer);
    void finish(Answer answer);
    void abandon(Answer answer);

    [[nodiscard]] Result<void> check_step(schema::BackupState wanted) const;
    [[nodiscard]] Result<schema::ServiceBackupReply> look() const;
    void fail_running(Error error);
    void end_copy();
    void on_ended();
    void open_gate();
    // Runs `then` on the loop, with what the copy's thread answered, if this is still the backup
    // that is known here.
    store::Backup::Done on_loop(std::function<void(Result<void>)> then);
    // The next state, or the failure; then the answer.
    store::Backup::Done moves_to(schema::BackupState state, Answer answer);
    [[nodiscard]] Duration monotonic() const { return parts_.platform.loop().monotonic(); }

    Parts parts_;
    std::uint64_t last_number_ = 0;
    std::optional<Running> running_;
};

}  // namespace onput::service
