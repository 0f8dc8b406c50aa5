-- One row a scheduled flight out of New York, with what is known before it should leave.
--
-- Tables: flights, weather, planes, as validation left them. Their columns time_hour are moments (UTC) that name the
-- full hour; hour and minute are read off the clocks in New York.
--
-- Left out, because nobody knows it ahead: dep_time, dep_delay, arr_time, air_time and everything made of them.
-- Left out, because it would not carry over to a later window: year, month and day (a model that learned from January
-- to June has never seen July) and the flight's number (numbers are given anew with each timetable).
-- The aircraft is the planned one as far as the data tells; of a cancelled flight it is often missing.

with scheduled as (
    select
        *,
        time_hour + to_minutes(minute) as scheduled_departure,
        make_date(year, month, day) as date
    from flights
)

select
    -- What names the row. A flight's number may leave the same airport twice a day.
    flights.scheduled_departure,
    flights.carrier,
    flights.flight,
    flights.origin,

    -- The day on New York's calendar: flights of one day share their weather and their jams.
    flights.date,

    -- The label: more than 15 minutes late, or never arrived where it should (then arr_delay is missing).
    coalesce(flights.arr_delay > 15, true) as late,

    -- Schedule and route.
    flights.dest,
    flights.distance,
    flights.hour,
    flights.minute,
    flights.sched_arr_time as scheduled_arrival_clock,
    isodow(flights.date) as day_of_week,

    -- Aircraft. An airframe's age is counted in calendar years.
    flights.year - planes.year as aircraft_age,
    planes.seats,
    planes.engines,
    planes.manufacturer,

    -- Weather at the origin two full hours before the departure's own hour. A station reports each hour once, mostly
    -- nine minutes before its end: a flight at 10:00 sees what was measured from 8:00 to 8:51.
    weather.temp,
    weather.dewp,
    weather.humid,
    weather.wind_dir,
    weather.wind_speed,
    weather.wind_gust,
    weather.precip,
    weather.pressure,
    weather.visib
from scheduled as flights
left join weather
    on weather.origin = flights.origin
    and weather.time_hour = flights.time_hour - interval 2 hours
left join planes
    on planes.tailnum = flights.tailnum
