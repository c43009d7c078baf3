#include "services/image/job.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/errno_text.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/transform.hpp"

namespace onput::image {
namespace {

std::unexpected<Error> io_error(std::string_view doing) {
    return fail(ErrorCode::internal, std::string(doing) + ": " + errno_text());
}

// A file's bytes without a copy of them.
class MappedFile {
public:
    static Result<MappedFile> open(int fd) {
        struct stat info{};
        if (::fstat(fd, &info) != 0) return io_error("look at the input");
        MappedFile file;
        file.size_ = static_cast<std::size_t>(info.st_size);
        if (file.size_ == 0) return file;
        void* data = ::mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) return io_error("map the input");
        file.data_ = static_cast<const char*>(data);
        return file;
    }
    ~MappedFile() {
        if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
    }
    MappedFile(MappedFile&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    MappedFile& operator=(MappedFile&&) = delete;

    [[nodiscard]] std::string_view bytes() const {
        return data_ == nullptr ? std::string_view() : std::string_view(data_, size_);
    }

private:
    MappedFile() = default;

    const char* data_ = nullptr;
    std::size_t size_ = 0;
};

struct Input {
    std::string_view photo;
    Watermarks::Objects watermarks;
};

Result<Input> cut_input(const ImageJob& job, std::string_view bytes) {
    const auto take = [&bytes](std::uint64_t size) -> Result<std::string_view> {
        if (size > bytes.size()) {
            return fail(ErrorCode::internal, "the input is shorter than the job says");
        }
        const std::string_view part = bytes.substr(0, size);
        bytes.remove_prefix(size);
        return part;
    };
    Input input;
    ONPUT_TRY(input.photo, take(job.photo_bytes));
    for (const WatermarkObject& watermark : job.watermarks) {
        ONPUT_TRY(const std::string_view mark, take(watermark.bytes));
        input.watermarks.emplace(watermark.name, mark);
    }
    return input;
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return io_error("write a derivative");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<Transformed> run(const ImageJob& job, std::string_view bytes) {
    ONPUT_TRY(const recipe::Recipe recipe, recipe::parse_recipe(job.recipe));
    ONPUT_TRY(Input input, cut_input(job, bytes));
    return transform(recipe, input.photo, std::move(input.watermarks));
}

}  // namespace

Result<std::string> run_image_job(std::string_view parameters, int input_fd, int output_fd) {
    ONPUT_TRY(const ImageJob job, schema::decode<ImageJob>(parameters));
    ONPUT_TRY(const MappedFile input, MappedFile::open(input_fd));
    auto transformed = run(job, input.bytes());
    if (!transformed) {
        return std::unexpected(std::move(transformed.error()).with_context(job.input_key));
    }
    for (const std::string& file : transformed->files) {
        ONPUT_TRY_VOID(write_all(output_fd, file));
    }
    return schema::encode(transformed->result);
}

}  // namespace onput::image
