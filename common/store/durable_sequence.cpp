#include "common/store/durable_sequence.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include "common/store/file_io.hpp"

namespace onput::store {
namespace {

constexpr std::size_t mark_bytes = 16;

}  // namespace

Result<DurableSequence> DurableSequence::open(const std::string& path) {
    static_assert(Word::is_always_lock_free && sizeof(Word) == 8);
    ONPUT_TRY(const FileDescriptor file, open_file(path, O_RDWR | O_CREAT));
    // Blocks are taken now: on a full disk a store through the mapping would end the process.
    if (const int error = ::posix_fallocate(file.get(), 0, mark_bytes); error != 0) {
        return std::unexpected(system_error("allocate", path, error));
    }
    void* mapped = ::mmap(nullptr, mark_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) return std::unexpected(system_error("map", path, errno));
    return DurableSequence(static_cast<Word*>(mapped));
}

DurableSequence::DurableSequence(DurableSequence&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)) {}

DurableSequence::~DurableSequence() {
    if (words_ != nullptr) ::munmap(words_, mark_bytes);
}

std::uint64_t DurableSequence::get() const {
    const std::uint64_t value = words_[0].load();
    return words_[1].load() == ~value ? value : 0;
}

void DurableSequence::set(std::uint64_t value) {
    words_[0].store(value);
    words_[1].store(~value);
}

}  // namespace onput::store
