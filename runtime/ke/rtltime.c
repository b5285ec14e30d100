/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System time, 100 ns since 1601-01-01 UTC, as date and time and as seconds. Called
 * by drivers at any IRQL. 1601 begins a cycle of 400 years, whose last year is the
 * leap one, so that the Gregorian rules are divisions.
 */
#include <stdbool.h>
#include <time.h>

#include <wdm.h>

#define MS 10000LL
#define SECOND (1000 * MS)
#define DAY (86400 * SECOND)
#define FIRST_YEAR 1601
#define LAST_YEAR 30827
#define DAYS_400 146097
#define DAYS_100 36524
#define DAYS_4 1461
#define DAYS_1 365
#define SECONDS_1970 11644473600LL
#define SECONDS_1980 11960006400LL

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of(int month, int year)
{
	static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
	ULONGLONG time = (ULONGLONG)Time->QuadPart, in_day = time % DAY, days = time / DAY;
	ULONGLONG n400 = days / DAYS_400, n100, n4, n1;
	int year, month = 1;

	TimeFields->Weekday = (CSHORT)((days + 1) % 7); /* 1601 began with a Monday */
	days %= DAYS_400;
	n100 = min(days / DAYS_100, 3); /* the last century, and the last year below, */
	days -= n100 * DAYS_100;        /* are a day longer */
	n4 = days / DAYS_4;
	days %= DAYS_4;
	n1 = min(days / DAYS_1, 3);
	days -= n1 * DAYS_1;
	year = (int)(FIRST_YEAR + 400 * n400 + 100 * n100 + 4 * n4 + n1);
	while (days >= (ULONGLONG)days_of(month, year))
		days -= (ULONGLONG)days_of(month++, year);
	TimeFields->Year = (CSHORT)year;
	TimeFields->Month = (CSHORT)month;
	TimeFields->Day = (CSHORT)(days + 1);
	TimeFields->Hour = (CSHORT)(in_day / (3600 * SECOND));
	TimeFields->Minute = (CSHORT)(in_day / (60 * SECOND) % 60);
	TimeFields->Second = (CSHORT)(in_day / SECOND % 60);
	TimeFields->Milliseconds = (CSHORT)(in_day / MS % 1000);
}

static bool in(int value, int from, int to)
{
	return value >= from && value <= to;
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
	const TIME_FIELDS *f = TimeFields;
	LONGLONG years = f->Year - FIRST_YEAR, days;

	if (!in(f->Year, FIRST_YEAR, LAST_YEAR) || !in(f->Month, 1, 12) ||
	    !in(f->Day, 1, days_of(f->Month, f->Year)) || !in(f->Hour, 0, 23) ||
	    !in(f->Minute, 0, 59) || !in(f->Second, 0, 59) || !in(f->Milliseconds, 0, 999))
		return FALSE;
	days = years * 365 + years / 4 - years / 100 + years / 400 + f->Day - 1;
	for (int month = 1; month < f->Month; month++)
		days += days_of(month, f->Year);
	Time->QuadPart = days * DAY +
			 ((f->Hour * 60LL + f->Minute) * 60 + f->Second) * SECOND +
			 f->Milliseconds * MS;
	return TRUE;
}

static BOOLEAN seconds_since(LONGLONG epoch, PLARGE_INTEGER time, PULONG elapsed)
{
	LONGLONG seconds = time->QuadPart / SECOND - epoch;

	if (time->QuadPart < 0 || seconds < 0 || seconds > MAXULONG)
		return FALSE;
	*elapsed = (ULONG)seconds;
	return TRUE;
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
	return seconds_since(SECONDS_1970, Time, ElapsedSeconds);
}

BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
	return seconds_since(SECONDS_1980, Time, ElapsedSeconds);
}

/* How far local time is ahead now, whatever it was or will be at another time: the
 * other system has one bias, too. */
static LONGLONG ahead(void)
{
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	return local.tm_gmtoff * SECOND;
}

VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
	LocalTime->QuadPart = SystemTime->QuadPart + ahead();
}

VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
	SystemTime->QuadPart = LocalTime->QuadPart - ahead();
}
