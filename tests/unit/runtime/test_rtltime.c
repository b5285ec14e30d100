/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System time as fields and seconds, against the C library's calendar.
 */
#include "recorder.h"

#include <time.h>

TestSuite(rtltime, .timeout = 60);

#define SECOND 10000000LL
#define EPOCH 11644473600LL

static LARGE_INTEGER unix_time(LONGLONG seconds)
{
	return (LARGE_INTEGER){ .QuadPart = (seconds + EPOCH) * SECOND };
}

Test(rtltime, every_day_of_a_thousand_years_is_the_calendars)
{
	for (LONGLONG day = -134774; day < 250000; day++) {
		LARGE_INTEGER time = unix_time(day * 86400 + 86399), back;
		time_t seconds = day * 86400 + 86399;
		TIME_FIELDS f;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		time.QuadPart += 9999999;
		RtlTimeToTimeFields(&time, &f);
		cr_assert_eq(f.Year, tm.tm_year + 1900, "day %lld", day);
		cr_assert_eq(f.Month, tm.tm_mon + 1);
		cr_assert_eq(f.Day, tm.tm_mday);
		cr_assert_eq(f.Weekday, tm.tm_wday);
		cr_assert_eq(f.Hour * 10000 + f.Minute * 100 + f.Second, 235959);
		cr_assert_eq(f.Milliseconds, 999);
		f.Weekday = 99; /* not looked at */
		cr_assert(RtlTimeFieldsToTime(&f, &back));
		cr_assert_eq(back.QuadPart, time.QuadPart - 9999);
	}
}

Test(rtltime, the_first_and_the_last_year)
{
	TIME_FIELDS first = { .Year = 1601, .Month = 1, .Day = 1 }, f;
	TIME_FIELDS last = { .Year = 30827, .Month = 12, .Day = 31, .Hour = 23, .Minute = 59,
			     .Second = 59, .Milliseconds = 999 };
	LARGE_INTEGER time;

	cr_expect(RtlTimeFieldsToTime(&first, &time));
	cr_expect_eq(time.QuadPart, 0);
	cr_expect(RtlTimeFieldsToTime(&last, &time));
	RtlTimeToTimeFields(&time, &f);
	cr_expect_eq(f.Year, 30827);
	cr_expect_eq(f.Day, 31);
}

Test(rtltime, there_is_no_such_time)
{
	static const TIME_FIELDS good = { .Year = 2000, .Month = 2, .Day = 29 };
	LARGE_INTEGER time = { .QuadPart = 42 };
	TIME_FIELDS f[] = { good, good, good, good, good, good, good, good, good, good, good };

	f[0].Year = 1600;
	f[1].Year = 2001;
	f[2].Year = 30828;
	f[3].Month = 0;
	f[4].Month = 13;
	f[5].Day = 0;
	f[6].Day = 30;
	f[7].Hour = 24;
	f[8].Minute = 60;
	f[9].Second = -1;
	f[10].Milliseconds = 1000;
	for (size_t i = 0; i < RTL_NUMBER_OF(f); i++)
		cr_expect_not(RtlTimeFieldsToTime(&f[i], &time), "case %zu", i);
	cr_expect_eq(time.QuadPart, 42);
	f[0] = good;
	cr_expect(RtlTimeFieldsToTime(&f[0], &time));
}

Test(rtltime, seconds_since_an_epoch_fit_or_not)
{
	LARGE_INTEGER time = unix_time(1);
	ULONG seconds = 0;

	cr_expect(RtlTimeToSecondsSince1970(&time, &seconds));
	cr_expect_eq(seconds, 1);
	cr_expect_not(RtlTimeToSecondsSince1980(&time, &seconds));
	time = unix_time(315532800 + 5);
	cr_expect(RtlTimeToSecondsSince1980(&time, &seconds));
	cr_expect_eq(seconds, 5);
	time = unix_time(0xffffffffLL);
	cr_expect(RtlTimeToSecondsSince1970(&time, &seconds));
	cr_expect_eq(seconds, 0xffffffff);
	time = unix_time(0x100000000LL);
	cr_expect_not(RtlTimeToSecondsSince1970(&time, &seconds));
	time.QuadPart = -1;
	cr_expect_not(RtlTimeToSecondsSince1970(&time, &seconds));
}

Test(rtltime, local_time_is_the_hosts_zone)
{
	LARGE_INTEGER system = { .QuadPart = 5000 * SECOND }, local, back;

	setenv("TZ", "IST-5:30", 1); /* POSIX: east of Greenwich is negative */
	tzset();
	ExSystemTimeToLocalTime(&system, &local);
	cr_expect_eq(local.QuadPart - system.QuadPart, 19800 * SECOND);
	ExLocalTimeToSystemTime(&local, &back);
	cr_expect_eq(back.QuadPart, system.QuadPart);
}
