// load_image_library: sets libvips up once, before jobs are forked.
#include <malloc.h>
#include <vips/vips.h>

#include "services/image/bmp.hpp"
#include "services/image/job.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {
namespace {

// The libraries' warnings are about files; what matters of them comes back as errors.
void drop_log(const char* /*domain*/, GLogLevelFlags /*level*/, const char* /*message*/,
              void* /*data*/) {}

}  // namespace

Result<void> load_image_library() {
    // Each further arena would reserve 64 MiB of the child's address space, which is limited.
    static_cast<void>(::mallopt(M_ARENA_MAX, 1));
    if (vips_init("onput-image") != 0) {
        return fail(ErrorCode::unavailable, "start libvips: " + take_vips_message());
    }
    vips_block_untrusted_set(1);
    // A job is a process: nothing it made is ever asked for again.
    vips_cache_set_max(0);
    // One thread that computes beside the one that writes. More speed comes from more workers.
    vips_concurrency_set(1);
    for (const char* domain : {"VIPS", "GLib", "GLib-GObject", "Pango", "libheif", "GdkPixbuf"}) {
        for (const GLogLevelFlags level :
             {G_LOG_LEVEL_WARNING, G_LOG_LEVEL_MESSAGE, G_LOG_LEVEL_INFO, G_LOG_LEVEL_DEBUG}) {
            g_log_set_handler(domain, level, drop_log, nullptr);
        }
    }
    return load_bmp_reader();
}

std::vector<std::string> image_library_files() {
    return {"/usr/lib",
            "/lib",
            "/etc/ld.so.cache",
            "/etc/fonts",
            "/usr/share",
            "/usr/local/share/fonts",
            "/var/cache/fontconfig"};
}

}  // namespace onput::image
