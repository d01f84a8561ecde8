#include "module/session_zone.hpp"

#include "base/error.hpp"
#include "module/conf.hpp"
#include "store/journal.hpp"
#include "store/snapshot.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ciam::module {
namespace {

using store::Region;

void log_line(const ngx_shm_zone_t* zone, ngx_uint_t level, const std::string& text)
{
    ngx_log_error(level, zone->shm.log, 0, "ciam: session zone \"%V\": %s", &zone->shm.name,
                  text.c_str());
}

std::string number(std::size_t count, const char* what)
{
    return std::to_string(count) + ' ' + what;
}

void tell_origin(const ngx_shm_zone_t* zone, const SessionZone& ours)
{
    const auto status = store::MemoryStore{ours.region->memory()}.status();
    if (ours.region->origin() == Region::Origin::recovered) {
        log_line(
            zone, NGX_LOG_NOTICE,
            number(status.records, "sessions found in ") + ours.plan.file +
                (status.damaged > 0 ? ", " + number(status.damaged, "damaged ones dropped") : ""));
    } else if (ours.region->origin() == Region::Origin::replaced) {
        log_line(zone, NGX_LOG_WARN,
                 ours.plan.file + " was damaged or another version's, and has been replaced; "
                                  "customers have to log in again");
    }
}

void load(const ngx_shm_zone_t* zone, const SessionZone& ours)
{
    store::MemoryStore memory{ours.region->memory()};
    const auto found = store::load_snapshot(memory, ours.plan.snapshot, time(nullptr));
    store::Journal::replay(memory, ours.plan.snapshot);
    if (found.loaded + found.expired + found.damaged > 0) {
        log_line(zone, found.damaged > 0 ? NGX_LOG_WARN : NGX_LOG_NOTICE,
                 number(found.loaded, "sessions and logouts loaded from ") + ours.plan.snapshot +
                     ", " + number(found.expired, "expired, ") + number(found.damaged, "damaged"));
    }
}

std::string directory_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == path.npos ? "." : path.substr(0, slash + 1);
}

void check_path(const char* word, const std::string& path)
{
    if (!path.starts_with('/')) {
        throw base::Error{base::Fault::configuration,
                          std::string{"oidc_session_zone "} + word +
                              "= takes an absolute path, such as /dev/shm/oidc-customers"};
    }
    if (access(directory_of(path).c_str(), F_OK) != 0) {
        throw base::Error{base::Fault::configuration,
                          std::string{"oidc_session_zone "} + word + "=" + path +
                              ": there is no such directory; make it, for nginx' master alone"};
    }
}

struct Account {
    uid_t user;
    gid_t group;
};

/// Whom nginx' workers run as. `user` may still be to come in the file that is being read.
Account workers(ngx_conf_t* cf)
{
    const auto& core =
        *reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cf->cycle->conf_ctx, ngx_core_module));
    if (geteuid() != 0) {
        return {geteuid(), getegid()};
    }
    if (core.user != static_cast<ngx_uid_t>(NGX_CONF_UNSET_UINT)) {
        return {core.user, core.group};
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nginx reads its configuration in one thread
    const auto* account = getpwnam(NGX_USER);
    return account != nullptr ? Account{account->pw_uid, account->pw_gid} : Account{0, 0};
}

bool may_write(const struct stat& directory, const Account& account)
{
    const auto needed = [&](mode_t shift) { return (directory.st_mode >> shift & 3U) == 3U; };
    if (account.user == 0) {
        return true;
    }
    if (directory.st_uid == account.user) {
        return needed(6);
    }
    return directory.st_gid == account.group ? needed(3) : needed(0);
}

/// The workers write the snapshot, and put it in its place when it is whole.
void check_snapshot(ngx_conf_t* cf, const std::string& path)
{
    check_path("snapshot", path);
    struct stat status = {};
    const auto directory = directory_of(path);
    const auto account = workers(cf);
    if (stat(directory.c_str(), &status) != 0 || !may_write(status, account)) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nginx reads its configuration in one thread
        const auto* known = getpwuid(account.user);
        const std::string name = known != nullptr ? known->pw_name : std::to_string(account.user);
        throw base::Error{base::Fault::configuration,
                          "oidc_session_zone snapshot=" + path + ": nginx' workers (" + name +
                              ") may not write into " + directory +
                              "; make a directory for them: install -d -m 700 -o " + name +
                              " /var/lib/nginx/oidc"};
    }
}

} // namespace

ngx_int_t init_session_zone(ngx_shm_zone_t* zone, void*)
{
    if (ngx_test_config) {
        return NGX_OK;
    }
    auto& ours = session_zone_of(zone);
    try {
        ours.region = Region::open({ours.plan.name, ours.plan.file, ours.plan.bytes});
        tell_origin(zone, ours);
        const bool is_new = ours.region->origin() == Region::Origin::created ||
                            ours.region->origin() == Region::Origin::replaced;
        if (is_new && !ours.plan.snapshot.empty()) {
            load(zone, ours);
        }
        return NGX_OK;
    } catch (const std::exception& error) {
        log_line(zone, NGX_LOG_EMERG, error.what());
        return NGX_ERROR;
    }
}

void settle_session_zone(ngx_shm_zone_t* zone)
{
    auto& ours = session_zone_of(zone);
    try {
        if (store::MemoryStore{ours.region->memory()}.bytes() != ours.plan.bytes) {
            ours.region->resize(ours.plan.bytes);
        }
    } catch (const std::exception& error) {
        log_line(zone, NGX_LOG_ERR, std::string{error.what()} + "; it keeps its size");
    }
}

void check_session_zone(ngx_conf_t* cf, const SessionZonePlan& plan)
{
    constexpr std::size_t roughly_a_session = 400;
    constexpr std::size_t sessions_at_least = 1000;
    if (plan.bytes < sessions_at_least * roughly_a_session) {
        warn(cf, "the session zone " + plan.name +
                     " may be too small for 1000 customers; write zone=" + plan.name + ":1m");
    }
    if (!plan.snapshot.empty()) {
        check_snapshot(cf, plan.snapshot);
    }
    if (plan.file.empty()) {
        return;
    }
    check_path("file", plan.file);
    if (!Region::is_in_memory(plan.file)) {
        warn(cf,
             "oidc_session_zone file=" + plan.file +
                 " is on a disk, where each write may make all requests wait; put it on a tmpfs, "
                 "such as /dev/shm, and write snapshot= for what has to survive a reboot");
    }
}

} // namespace ciam::module
