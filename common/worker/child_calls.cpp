#include "common/worker/child_calls.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include "common/base/errno_text.hpp"

namespace onput::worker {
namespace {

std::unexpected<Error> no_room(std::string_view what) {
    return fail(ErrorCode::unavailable, std::string(what) + ": " + errno_text());
}

// A file in memory, gone with its descriptor, at its start.
Result<FileDescriptor> memory_file(std::string_view content) {
    FileDescriptor file(::memfd_create("call", MFD_CLOEXEC));
    if (!file.is_open()) return no_room("make the input of a call");
    while (!content.empty()) {
        const ssize_t written = ::write(file.get(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return no_room("write the input of a call");
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(file.get(), 0, SEEK_SET) < 0) return no_room("rewind the input of a call");
    return file;
}

}  // namespace

void ChildCalls::start(JobId id, CallWork work, FileDescriptor output, Ended ended) {
    const auto input = memory_file(work.input);
    if (!input) return ended(std::unexpected(input.error()));
    const JobSpec spec{.id = id,
                       .parameters = std::move(work.parameters),
                       .input_fd = input->get(),
                       .output_fd = output.get(),
                       .limits = work.limits};
    children_.start(spec, [ended = std::move(ended)](Result<std::string> result) mutable {
        if (!result) return ended(std::unexpected(std::move(result).error()));
        ended(CallEnd{.result = *std::move(result)});
    });
}

}  // namespace onput::worker
