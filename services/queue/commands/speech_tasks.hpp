// SpeechTasks: speech that becomes an object, asked for once (Polly's StartSpeechSynthesisTask).
// Each is a job of the function `onput.polly`, which an account has from its first task on.
#pragma once

#include "common/schema/speech.hpp"
#include "common/service/caller.hpp"
#include "services/queue/commands/catalogue.hpp"
#include "services/queue/effects.hpp"
#include "services/queue/messages/counters.hpp"
#include "services/queue/messages/messages.hpp"
#include "services/queue/messages/speech_task_log.hpp"

namespace onput::queue {

inline constexpr std::uint32_t speech_tasks_listed_max = 100;  // At once.

// What SpeechTasks shares with the rest of Core. All outlive it.
struct SpeechTaskParts {
    const store::View& view;
    Catalogue& catalogue;
    Counters& counters;
    Messages& messages;
    SpeechTaskLog& log;
    Random& random;
};

class SpeechTasks {
public:
    explicit SpeechTasks(const SpeechTaskParts& parts) : parts_(parts) {}

    Result<schema::SpeechTask> start(const schema::StartSpeechTask& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::SpeechTask> get(const schema::GetSpeechTask& request,
                                   const Caller& caller) const;
    Result<schema::SpeechTaskList> list(const schema::ListSpeechTasks& request,
                                        const Caller& caller) const;

private:
    Queue& function_of(const std::string& account, Effects& effects);
    // Whether a worker has it now.
    void note_progress(schema::SpeechTask& task, const std::string& account) const;
    [[nodiscard]] const std::string& region_of(const Caller& caller) const;

    SpeechTaskParts parts_;
};

}  // namespace onput::queue
